"""The whole column as a folder of files that any web server serves: made by asking the site itself for each page."""

from app.web.frozen.exporting import BrokenPage, StaticExport, export_static
from app.web.frozen.folder import Conflict, Written

__all__ = ["BrokenPage", "Conflict", "StaticExport", "Written", "export_static"]
