"""One self-contained page that shows what came in, what was chosen, and how it can be checked."""

from wikigrove.report.adapt import metrics_of, strata_of
from wikigrove.report.data import ReportData
from wikigrove.report.page import render_report

__all__ = ["ReportData", "metrics_of", "render_report", "strata_of"]
