"""Who is judged, as whom the suite speaks to it, and what it may do there."""
