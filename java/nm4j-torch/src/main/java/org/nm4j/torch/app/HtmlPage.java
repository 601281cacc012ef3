/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** HTML with everything in it: no scripts, no other files, for screens of any width. */
final class HtmlPage {
  private static final String STYLE =
      """
      body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;margin:0 auto;padding:1rem;\
      max-width:60rem}
      h1{font-size:1.5rem}h2{font-size:1.3rem;margin-top:2rem}h3{font-size:1.1rem;margin-top:2rem}
      svg{width:100%;max-width:40rem;height:auto}
      .wide{overflow-x:auto}
      table{border-collapse:collapse;white-space:nowrap}
      th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:right}
      th:first-child,td:first-child{text-align:left}
      summary{cursor:pointer;margin-top:1rem}
      code{background:#f3f3f3;overflow-wrap:anywhere}
      """;

  private final StringBuilder html = new StringBuilder();

  HtmlPage(String title) {
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
        .append("<title>nm4j: ")
        .append(escaped(title))
        .append("</title><style>")
        .append(STYLE)
        .append("</style></head><body>\n<h1>")
        .append(escaped(title))
        .append("</h1>\n");
  }

  void heading(String text) {
    html.append("<h2>").append(escaped(text)).append("</h2>\n");
  }

  void subheading(String text) {
    html.append("<h3>").append(escaped(text)).append("</h3>\n");
  }

  void paragraph(String text) {
    html.append("<p>").append(escaped(text)).append("</p>\n");
  }

  void code(String text) {
    html.append("<p><code>").append(escaped(text)).append("</code></p>\n");
  }

  void chart(LineChart chart) {
    html.append(chart.svg());
  }

  void table(Table table) {
    html.append("<div class=\"wide\"><table><tr>");
    table.head().forEach(cell -> html.append("<th>").append(escaped(cell)).append("</th>"));
    html.append("</tr>\n");
    for (var row : table.rows()) {
      html.append("<tr>");
      row.forEach(cell -> html.append("<td>").append(escaped(cell)).append("</td>"));
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  /** A table that is shown when asked for. */
  void folded(String title, Table table) {
    html.append("<details><summary>").append(escaped(title)).append("</summary>\n");
    table(table);
    html.append("</details>\n");
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, html + "</body></html>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
