"""Questions in words, English and Chinese: from the text of an exercise to a network and what is asked of it.

    text -> tokens -> marks (a phrase of the tables was found) -> network and questions -> answers

A phrase is a row of a language's table (english, chinese); what it means is a concept that both languages share. What
no row takes is named, never guessed at. Figures come from `analysis` and from the rest of `solve`.
"""
