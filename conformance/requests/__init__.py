"""What is asked: right values, and wrong ones beside them."""
