"""A strict practice Claude API on loopback; its answers are synthetic.

It shares no table and no code with the rest of the package but the error tree and the candidate noun, so that
one wrong fact cannot fool both sides. What the documentation says is rejected is rejected here.
"""
