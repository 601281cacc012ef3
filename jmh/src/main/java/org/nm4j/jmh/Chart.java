/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * A chart over named columns. Series are told apart by colour, by marker and, levels from lines, by
 * dashes, so that no reader depends on colours alone.
 *
 * <p>XChart draws, Batik writes the SVG: XChart's own SVG writer would bring a library under the
 * LGPL.
 */
final class Chart {
  private static final String SVG = "http://www.w3.org/2000/svg";
  private static final int WIDTH = 960;
  private static final int HEIGHT = 560;
  private static final int HEAD = 56;
  private static final int MARGIN = 14;
  private static final String FONT = Font.SANS_SERIF;

  /** Okabe and Ito's colours, which colour-blind readers can tell apart, darkest first. */
  private static final List<Color> COLOURS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00),
          new Color(0x56B4E9));

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE,
          SeriesMarkers.SQUARE,
          SeriesMarkers.TRIANGLE_UP,
          SeriesMarkers.DIAMOND,
          SeriesMarkers.TRIANGLE_DOWN,
          SeriesMarkers.CROSS);

  private final CategoryChart chart;
  private final String what;
  private final String conditions;
  private final List<?> columns;
  private int coloured;

  /**
   * @param what is shown
   * @param conditions of the measurement
   * @param columns what stands at the x axis, in order
   */
  Chart(String what, String conditions, String xAxis, String yAxis, List<?> columns) {
    this.what = what;
    this.conditions = conditions;
    this.columns = columns;
    chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .xAxisTitle(xAxis)
            .yAxisTitle(yAxis)
            .build();
    CategoryStyler styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setPlotGridLinesColor(new Color(0xDDDDDD));
    styler.setChartTitleVisible(false); // XChart's has one line only
    styler.setAxisTitleFont(new Font(FONT, Font.BOLD, 14));
    styler.setAxisTickLabelsFont(new Font(FONT, Font.PLAIN, 13));
    styler.setLegendFont(new Font(FONT, Font.PLAIN, 13));
    styler.setLegendPosition(LegendPosition.OutsideE);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setYAxisMin(0.0);
    styler.setAvailableSpaceFill(0.7);
    styler.setOverlapped(true); // lines of one column above each other
    styler.setDecimalPattern("#,##0.##");
  }

  /** A line with markers through what there is. */
  void line(String label, Map<Object, Double> values) {
    CategorySeries series = add(label, values, CategorySeriesRenderStyle.Line);
    series.setLineStyle(new BasicStroke(2f));
  }

  /** Large markers without a line, around those of lines. */
  void markers(String label, Map<Object, Double> values) {
    CategorySeries series = add(label, values, CategorySeriesRenderStyle.Scatter);
    series.setMarker(SeriesMarkers.CROSS);
    series.setMarkerColor(Color.BLACK);
  }

  /** Bars side by side; not together with anything else. */
  void bars(String label, Map<Object, Double> values) {
    add(label, values, CategorySeriesRenderStyle.Bar);
    chart.getStyler().setOverlapped(false);
  }

  /** A line across without a name, for bars. */
  void mark(double value) {
    chart.addAnnotation(new AnnotationLine(value, false, false));
    chart.getStyler().setAnnotationLineColor(Color.BLACK);
    chart.getStyler().setAnnotationLineStroke(dashes());
  }

  /** A black dashed line across. */
  void level(String label, double value) {
    CategorySeries series =
        chart.addSeries(label, columns, Collections.nCopies(columns.size(), value));
    series.setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Line);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(Color.BLACK);
    series.setLineStyle(dashes());
  }

  /** A dashed line across that belongs to the line added before. */
  void levelOfLast(String label, double value) {
    level(label, value);
    chart.getSeriesMap().get(label).setLineColor(colour(coloured - 1));
  }

  private static BasicStroke dashes() {
    return new BasicStroke(
        1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {7, 5}, 0);
  }

  private CategorySeries add(
      String label, Map<Object, Double> values, CategorySeriesRenderStyle style) {
    List<Double> column = new ArrayList<>();
    columns.forEach(name -> column.add(values.get(name)));
    CategorySeries series = chart.addSeries(label, columns, column);
    series.setChartCategorySeriesRenderStyle(style);
    series.setFillColor(colour(coloured));
    series.setLineColor(colour(coloured));
    series.setMarkerColor(colour(coloured));
    series.setMarker(MARKERS.get(coloured % MARKERS.size()));
    coloured++;
    return series;
  }

  private static Color colour(int index) {
    return COLOURS.get(index % COLOURS.size());
  }

  /** Writes an SVG file. */
  void write(Path file) throws IOException {
    SVGGeneratorContext context = SVGGeneratorContext.createDefault(svg());
    context.setPrecision(2); // hundredths of a pixel
    SVGGraphics2D graphics = new SVGGraphics2D(context, true);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, WIDTH, HEAD);
    graphics.setColor(Color.BLACK);
    graphics.setFont(new Font(FONT, Font.BOLD, 17));
    graphics.drawString(what, MARGIN, HEAD / 2f);
    graphics.setFont(new Font(FONT, Font.PLAIN, 13));
    graphics.drawString(conditions, MARGIN, HEAD - 8f);
    graphics.translate(0, HEAD);
    chart.paint(graphics, WIDTH, HEIGHT);
    graphics.setSVGCanvasSize(new Dimension(WIDTH, HEAD + HEIGHT));
    Element root = graphics.getRoot();
    describe(root);
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      graphics.stream(root, out, true, false);
    }
  }

  /** Says in words what is drawn, for screen readers and searches: XChart draws its letters. */
  private void describe(Element root) {
    StringBuilder series = new StringBuilder();
    chart
        .getSeriesMap()
        .forEach(
            (label, values) -> {
              series.append(label).append(':');
              Iterator<? extends Number> value = values.getYData().iterator();
              for (Object column : columns) {
                Number y = value.next();
                if (y != null) {
                  series.append(String.format(Locale.ROOT, " %s = %.4g;", column, y.doubleValue()));
                }
              }
              series.append('\n');
            });
    root.insertBefore(element(root, "desc", series.toString()), root.getFirstChild());
    root.insertBefore(element(root, "title", what + " (" + conditions + ")"), root.getFirstChild());
  }

  private static Element element(Element root, String name, String text) {
    Element element = root.getOwnerDocument().createElementNS(SVG, name);
    element.setTextContent(text);
    return element;
  }

  private static Document svg() {
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .getDOMImplementation()
          .createDocument(SVG, "svg", null);
    } catch (ParserConfigurationException e) {
      throw new AssertionError("every JDK has an XML parser", e);
    }
  }
}
