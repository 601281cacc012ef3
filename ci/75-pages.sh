#!/usr/bin/env bash
# Looks at the page about the committed trainings in headless Chromium, as wide as a phone and as a desk.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
need chromium

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Shows a page in frames of several widths and puts what is wrong with it into the document, or "fine".
frames() {
  cat <<'HTML'
<!DOCTYPE html><meta charset="utf-8"><body><script>
const widths = [360, 1280], wrong = [];
let left = widths.length;
function look(frame, width) {
  const window = frame.contentWindow, page = frame.contentDocument;
  const expect = (right, what) => right || wrong.push(width + ' px: ' + what);
  const root = page.documentElement, charts = [...page.querySelectorAll('svg')];
  expect(root.scrollWidth <= width, 'it scrolls sideways, ' + root.scrollWidth + ' px');
  expect(window.performance.getEntriesByType('resource').length === 0, 'it loads other files');
  expect(page.scripts.length === 0, 'it has scripts');
  expect(charts.length >= 4, 'it has ' + charts.length + ' charts');
  for (const chart of charts) {
    const box = chart.getBoundingClientRect(), scale = box.width / chart.viewBox.baseVal.width;
    expect(scale >= 0.65 && box.width <= width, 'a chart is ' + box.width + ' px wide');
    expect(box.height >= 200, 'a chart is ' + box.height + ' px high');
    expect(chart.querySelector('desc') && chart.querySelector('path, polyline'), 'a chart is empty');
  }
  expect(page.querySelectorAll('td').length > 20, 'it has no tables');
  for (const text of page.querySelectorAll('p, td, th, summary, code')) {
    const size = parseFloat(window.getComputedStyle(text).fontSize);
    expect(size >= 12, 'letters of ' + size + ' px: ' + text.textContent);
  }
  expect(!/\b(NaN|null|undefined|Infinity)\b/.test(page.body.textContent), 'it shows what is no number');
  if (--left === 0) document.body.textContent = 'The page: ' + (wrong.join('; ') || 'fine');
}
for (const width of widths) {
  const frame = document.createElement('iframe');
  frame.style = 'border:0;height:800px;width:' + width + 'px';
  frame.onload = () => look(frame, width);
  frame.src = 'report.html';
  document.body.append(frame);
}
</script>
HTML
}

look() {
  local options=(--headless --disable-gpu --hide-scrollbars --allow-file-access-from-files --user-data-dir="$work/profile")
  if ((EUID == 0)); then options+=(--no-sandbox); fi
  frames >"$work/frames.html"
  chromium "${options[@]}" --window-size=1400,1700 --virtual-time-budget=10000 --dump-dom "file://$work/frames.html" \
    2>"$work/log" | grep -o 'The page: [^<]*' || { cat "$work/log" && die "Chromium did not show the page"; }
}

"$ROOT/scripts/nm4j.sh" report "$ROOT/java/nm4j-torch/results/fashion-cnn" --html "$work/report.html"
verdict=$(look)
echo "$verdict"
[[ $verdict == "The page: fine" ]] || die "the page is not fit to be read"
