-- Of somebody whose identity is erased the words go, too: notes may say what identifies. Contacts are never changed
-- otherwise.
grant update (note) on scheduling.contact to scheduling;
