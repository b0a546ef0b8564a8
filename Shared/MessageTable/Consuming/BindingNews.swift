public import Models
public import Postgres

/// What binds whoever tells somebody outside, and comes by message: consents and restrictions, and who is one person with
/// whom, whose they are. While news of it may be waiting, a service does not tell.
public enum BindingNews {
    /// Nobody may skip such a message: a revocation that was skipped would never have been.
    public static let topics: Set<String> = [
        ConsentChanged.topic, ConsentChangedV1.topic, RestrictionChanged.topic, ParticipantMerged.topic,
        ParticipantUnmerged.topic,
    ]

    /// For so long what was published may be unread, in seconds. A revocation is effective everywhere within five: what is
    /// decided at the last moment still takes its time to be rendered and to arrive.
    public static let toleratedSeconds = 4

    /// Whether a group knows what binds it about a participant: nothing of ``topics`` that was published more than
    /// ``toleratedSeconds`` ago is unread in it, and nothing about the participant is parked or dead. One boolean.
    ///
    /// Ask it in the transaction of the answer and *in front of* reading what the group knows: the other way round, what was
    /// late when it was read, and was handled before this was asked, would count as known.
    ///
    /// - Parameter participants: all ids of the one person.
    public static func isKnown(to group: String, about participants: [ParticipantID]) -> Question {
        Question(isUpToDate, group, topics.sorted(), participants, toleratedSeconds)
    }

    private static let isUpToDate = Statement(
        "log.is_up_to_date",
        "select message_table.is_up_to_date($1, $2, $3, make_interval(secs => $4::bigint::float8))")
}
