"""Chapter 1: an energy function, the one object of the course."""
from .energy import EnergyFunction, average_energy, hinge

__all__ = ["EnergyFunction", "average_energy", "hinge"]
