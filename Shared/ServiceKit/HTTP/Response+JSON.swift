internal import FoundationEssentials
internal import HTTPTypes
public import Hummingbird
public import JSON
internal import NIOCore
internal import NIOFoundationEssentialsCompat

extension Response {
    /// 200 with a value as JSON.
    public static func ok(_ value: some Encodable, etag version: Int? = nil) throws -> Response {
        try json(value, status: .ok, etag: version)
    }

    /// 201 with the created resource, where it is, and its version.
    public static func created(_ value: some Encodable, at location: String, etag version: Int? = nil) throws
        -> Response
    {
        var response = try json(value, status: .created, etag: version)
        response.headers[.location] = location
        return response
    }

    /// 202 with what can be said so far.
    public static func accepted(_ value: some Encodable, at location: String? = nil) throws -> Response {
        var response = try json(value, status: .accepted)
        response.headers[.location] = location
        return response
    }

    /// 204.
    public static var noContent: Response { Response(status: .noContent) }

    /// A value as JSON with any status. Properties keep their names; instants are RFC 3339.
    public static func json(
        _ value: some Encodable,
        status: HTTPResponse.Status,
        etag version: Int? = nil,
        mediaType: String = "application/json"
    ) throws -> Response {
        let encoder = JSONEncoder()
        // Sorted, so that the same resource is the same text: a repeated request gets the same answer.
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return written(ByteBuffer(data: try encoder.encode(value)), status: status, etag: version, mediaType: mediaType)
    }

    /// 200 with a value that writes itself, for answers that are asked for often: an encoder costs ten times as much.
    public static func ok(_ value: some JSONWritable, etag version: Int? = nil) -> Response {
        ok(json(of: value), etag: version)
    }

    /// 201 with a created resource that writes itself, where it is, and its version.
    public static func created(_ value: some JSONWritable, at location: String, etag version: Int? = nil) -> Response {
        var response = json(json(of: value), status: .created, etag: version)
        response.headers[.location] = location
        return response
    }

    private static func json(of value: some JSONWritable) -> JSONWriter {
        var json = JSONWriter()
        json.value(value)
        return json
    }

    /// What a ``JSONWriter`` wrote, for answers that are asked for often.
    public static func ok(_ json: JSONWriter, etag version: Int? = nil) -> Response {
        written(ByteBuffer(bytes: json.bytes), status: .ok, etag: version, mediaType: "application/json")
    }

    /// What a ``JSONWriter`` wrote, with any status and media type.
    public static func json(
        _ json: JSONWriter,
        status: HTTPResponse.Status,
        etag version: Int? = nil,
        mediaType: String = "application/json"
    ) -> Response {
        written(ByteBuffer(bytes: json.bytes), status: status, etag: version, mediaType: mediaType)
    }

    private static func written(
        _ buffer: ByteBuffer,
        status: HTTPResponse.Status,
        etag version: Int?,
        mediaType: String
    ) -> Response {
        var headers: HTTPFields = [.contentType: mediaType]
        if let version { headers[.eTag] = ETag(version: version).description }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }
}
