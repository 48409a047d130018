"""Placements by the real scheduler, by thousands, judged by a checker that knows no manifests."""
