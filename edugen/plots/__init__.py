"""Pictures for the notebooks, each one a `Picture`: a matplotlib figure with a description that reaches the page."""
from edugen.plots.bars import bars
from edugen.plots.confusion import confusion_matrix
from edugen.plots.curves import loss_curves
from edugen.plots.ellipses import ellipses
from edugen.plots.graph import computation_graph
from edugen.plots.histogram import histogram
from edugen.plots.images import image_grid
from edugen.plots.intervals import intervals
from edugen.plots.lines import lines
from edugen.plots.picture import Picture, panels
from edugen.plots.points import points
from edugen.plots.regions import decision_regions
from edugen.plots.roofline import roofline
from edugen.plots.shapes import loss_shapes
from edugen.plots.simplex import simplex
from edugen.plots.slider import Slider, slider
from edugen.plots.table import table

__all__ = ["Picture", "Slider", "bars", "computation_graph", "confusion_matrix", "decision_regions", "ellipses", "histogram",
           "image_grid", "intervals", "lines", "loss_curves", "loss_shapes", "panels", "points", "roofline", "simplex",
           "slider", "table"]
