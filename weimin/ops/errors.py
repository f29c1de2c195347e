"""The one way in which operations say that something cannot be done."""


class OpsError(Exception):
    """What is wrong and what the operator does about it, both in the operator's language."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n处理办法：{self.remedy}"


class Told(OpsError):
    """A process of ours could not do it and has said why: there is nothing to add."""

    def __init__(self) -> None:
        super().__init__("没有完成", "原因见上面的输出")


# Exit codes. Two is what click gives for a wrong use.
REFUSED = 1  # it can't be done, or something was found; said in words
BROKEN = 70  # a mistake of ours (EX_SOFTWARE)
