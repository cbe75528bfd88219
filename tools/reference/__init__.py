"""The generated pages of docs/, one module per page; each has `page()` that gives the page's text."""
