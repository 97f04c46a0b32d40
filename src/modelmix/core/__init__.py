"""The nouns that travel: pure, standard library only, frozen dataclasses."""
