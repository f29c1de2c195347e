"""The API: the same verbs and the same reading as the screens, as JSON."""
