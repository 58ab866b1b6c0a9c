"""Reading messages: language, country, call for help, kind, likeness. Pure: no Django, database or network.

Each judgement carries the id of the model that made it, so that a model can be replaced and the work redone.
"""
