"""Request data: valid requests, their variants, and Hypothesis strategies."""
