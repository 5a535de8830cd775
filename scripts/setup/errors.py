"""Why set-up stops. Each says what is wrong and what to do; `run` prints both and exits with code 2."""


class SetupError(Exception):
    """
    SetupError
    ├── MissingTool         a program that must be on the machine is not
    ├── BrokenPython        this Python cannot make virtual environments
    ├── UnsupportedPlatform no binary of the local chain exists for this machine
    └── StepFailed          a command of a step failed; its last lines are shown
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class MissingTool(SetupError):
    pass


class BrokenPython(SetupError):
    pass


class UnsupportedPlatform(SetupError):
    pass


class StepFailed(SetupError):
    pass
