"""The main job on simulated traffic."""
