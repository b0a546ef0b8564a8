/// A NOTIFY that arrived.
public struct Notification: Hashable, Sendable {
    public let channel: String
    public let payload: String
}
