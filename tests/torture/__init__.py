"""Torture: writers, compactors, a replacer, a deleter and readers on one table, killed at random, and a judge."""
