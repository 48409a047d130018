"""Pages as scanners and phones make them, with the text that is on them."""
