public import JSON
public import Models

// Values of the models whose JSON is their text.
extension ID: JSONWritable {}
extension Instant: JSONWritable {}
extension CivilDate: JSONWritable {}
