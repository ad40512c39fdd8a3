"""Engines that carry out amplitude amplification; each must agree with the others."""
