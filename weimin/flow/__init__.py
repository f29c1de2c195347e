"""How a case moves, as pure functions: the graph, what may happen next, and by when.

Nothing in this room knows the database. It takes the item's flow, the step rows, the pauses,
the facts of the form and ``now``, and answers.
"""
