"""Sphinx settings of the site that `make docs` builds."""

from importlib.metadata import version as installed_version

project = "freebsd-port"
copyright = "the authors of freebsd-port"
release = version = installed_version("freebsd-port")
extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_inline", "deflist"]
myst_heading_anchors = 4
exclude_patterns = ["conf.py"]
smartquotes = False  # options keep their two hyphens
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = "freebsd-port"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
linkcheck_ignore = [r"https?://"]
