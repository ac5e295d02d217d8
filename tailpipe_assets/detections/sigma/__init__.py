"""Sigma: rules in the common format of the field, as conditions over the rows of our tables."""
