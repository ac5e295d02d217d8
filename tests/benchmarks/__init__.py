"""Benchmarks: `make bench`. They measure and print; whether a figure is good enough is for people to say."""
