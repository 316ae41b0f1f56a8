"""Federated statistics: what is asked, how counts become words, what is withheld, what follows from pooled numbers."""
