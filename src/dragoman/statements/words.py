"""The few words that the house itself puts into a text, per language."""

CORRECTION = {
    "ar": "تصحيح",
    "be": "Выпраўленне",
    "de": "Berichtigung",
    "en": "Correction",
    "es": "Corrección",
    "fr": "Rectification",
    "it": "Rettifica",
    "pl": "Sprostowanie",
    "pt": "Correção",
    "ru": "Исправление",
    "tr": "Düzeltme",
    "uk": "Виправлення",
    "zh": "更正",
}


def correction_title(lang: str, title: str) -> str:
    """The title that a copy of a correction carries, so that nobody takes it for a second statement."""
    word = CORRECTION.get(lang) or CORRECTION.get(lang.partition("-")[0]) or CORRECTION["en"]
    return f"{word}: {title}"
