/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.apache.batik.svggen.SVGGraphics2DIOException;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Curves over epochs as SVG, told apart by colour and by marker. */
final class LineChart {
  private static final String SVG = "http://www.w3.org/2000/svg";
  private static final int WIDTH = 480;
  private static final int PLOT_HEIGHT = 330;
  private static final int LEGEND_LINE = 24;

  /** Large enough where the width is that of a phone. */
  private static final Font SMALL = new Font(Font.SANS_SERIF, Font.PLAIN, 14);

  /** Okabe and Ito's colours, which colour-blind readers can tell apart, darkest first. */
  private static final int[] COLOURS = {
    0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000
  };

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE,
          SeriesMarkers.SQUARE,
          SeriesMarkers.TRIANGLE_UP,
          SeriesMarkers.DIAMOND,
          SeriesMarkers.TRIANGLE_DOWN,
          SeriesMarkers.CROSS);

  private final XYChart chart;
  private final String title;
  private final StringBuilder words = new StringBuilder();
  private int count;

  LineChart(String title, String yAxis) {
    this.title = title;
    chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(PLOT_HEIGHT)
            .xAxisTitle("epoch")
            .yAxisTitle(yAxis)
            .build();
    XYStyler styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(new Color(0xDDDDDD));
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendFont(SMALL);
    styler.setAxisTickLabelsFont(SMALL);
    styler.setAxisTitleFont(SMALL);
    styler.setChartTitleVisible(false); // it stands above, and in the description
    styler.setXAxisDecimalPattern("#");
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Begins at 0. */
  LineChart fromZero() {
    chart.getStyler().setYAxisMin(0.0);
    return this;
  }

  void line(String label, double[] epochs, double[] values) {
    XYSeries series = chart.addSeries(label, epochs, values);
    Color colour = new Color(COLOURS[count % COLOURS.length]);
    series.setLineColor(colour);
    series.setMarkerColor(colour);
    series.setMarker(MARKERS.get(count % MARKERS.size()));
    series.setLineStyle(new BasicStroke(2f));
    count++;
    words.append(label).append(':');
    for (int i = 0; i < epochs.length; i++) {
      words.append(String.format(Locale.ROOT, " %.0f = %.4g;", epochs[i], values[i]));
    }
    words.append('\n');
  }

  /** The element to put into a page; it scales with the page's width. */
  String svg() {
    SVGGeneratorContext context = SVGGeneratorContext.createDefault(document());
    context.setPrecision(2);
    SVGGraphics2D graphics = new SVGGraphics2D(context, true);
    int height = PLOT_HEIGHT + count * LEGEND_LINE;
    chart.paint(graphics, WIDTH, height);
    graphics.setSVGCanvasSize(new Dimension(WIDTH, height));
    Element root = graphics.getRoot();
    root.setAttribute("viewBox", "0 0 " + WIDTH + " " + height);
    root.setAttribute("role", "img");
    describe(root, "desc", words.toString()); // XChart draws its letters
    describe(root, "title", title);
    StringWriter out = new StringWriter();
    try {
      graphics.stream(root, out, true, false);
    } catch (SVGGraphics2DIOException e) {
      throw new AssertionError("a string takes everything", e);
    }
    String text = out.toString();
    return text.substring(text.indexOf("<svg"));
  }

  private static void describe(Element root, String name, String text) {
    Element element = root.getOwnerDocument().createElementNS(SVG, name);
    element.setTextContent(text);
    root.insertBefore(element, root.getFirstChild());
  }

  private static Document document() {
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
