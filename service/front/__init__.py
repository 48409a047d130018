"""The process that speaks HTTP. It never imports paddle, and knows nothing of images."""
