"""The tasks of a lesson: a judge for each, with hints."""


class Tasks(dict):
    """Name to (judge, hints). A judge takes the answer, raises `Mistake`, and returns a word of praise or nothing."""

    def task(self, name, *hints):
        def decorate(judge):
            self[name] = judge, hints
            return judge

        return decorate
