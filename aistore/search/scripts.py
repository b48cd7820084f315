"""Which characters search treats in a way of their own, as the inside of a bracket of a regular expression.

Written in escapes that Python and PostgreSQL read alike.
"""

# Scripts that do not put spaces between words: Thai, Lao, Burmese, Khmer; Chinese and Japanese; and Korean, whose words
# carry endings.
UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    r"\u2e80-\u2fdf\u3005-\u3007\u3021-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)

# Texts that have none of these are in lower case after lower(), and folded: to ask first is cheaper than to normalise.
NEEDS_FOLDING = (
    r"\u00aa-\u00af\u00b2-\u00ba\u00c0-\u024f\u02b0-\u036f\u0384-\u03ce\u0400-\u045f\u0591-\u05c7\u0610-\u061a"
    r"\u064b-\u065f\u0670\u1100-\u11ff\u1e00-\u1fff\u200b-\u200f\u202a-\u202e\u2060-\u209f\u2100-\u214f\u2f00-\u2fd5"
    r"\u3099\u309a\uf900-\ufaff\ufb00-\ufdfb\ufe70-\ufeff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f"
    r"\U0001d400-\U0001d7ff"
)

# Marks above and below letters, points of Hebrew and Arabic, and what nobody sees.
FOLDED_AWAY = (
    r"\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
)

# Letters whose stroke is no mark of its own to Unicode.
REPLACED, REPLACEMENTS = "øđłıðħŧ", "odlidht"
