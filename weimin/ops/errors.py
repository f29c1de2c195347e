"""The one way in which operations say that something cannot be done."""


class OpsError(Exception):
    """What is wrong and what the operator does about it, both in the operator's language."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n处理办法：{self.remedy}"
