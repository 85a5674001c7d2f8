/// Writes what `Encodable` values say of themselves into a canonical text.
struct CanonicalTextEncoder: Encoder {
    let node: CanonicalNode
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.beginObject()
        return KeyedEncodingContainer(CanonicalFields<Key>(node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.beginList()
        return CanonicalElements(node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { CanonicalValue(node: node) }
}

/// The fields of an object.
private struct CanonicalFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: CanonicalNode
    var codingPath: [any CodingKey] { [] }

    private func encoder(_ key: any CodingKey) -> CanonicalTextEncoder {
        CanonicalTextEncoder(node: node.field(key.stringValue))
    }

    func encodeNil(forKey key: Key) { node.field(key.stringValue).set("null") }
    func encode(_ value: some Encodable, forKey key: Key) throws { try value.encode(to: encoder(key)) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { encoder(key).container(keyedBy: keyType) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { CanonicalTextEncoder(node: node.field("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

/// The elements of a list.
private struct CanonicalElements: UnkeyedEncodingContainer {
    let node: CanonicalNode
    var codingPath: [any CodingKey] { [] }
    var count: Int { node.count }

    private var encoder: CanonicalTextEncoder { CanonicalTextEncoder(node: node.element()) }

    func encodeNil() { node.element().set("null") }
    func encode(_ value: some Encodable) throws { try value.encode(to: encoder) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { encoder.container(keyedBy: keyType) }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder }
}

/// A value that is neither an object nor a list.
private struct CanonicalValue: SingleValueEncodingContainer {
    let node: CanonicalNode
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { node.set("null") }
    func encode(_ value: Bool) { node.set(CanonicalScalar.flag(value)) }
    func encode(_ value: String) { node.set(CanonicalScalar.text(value)) }
    func encode(_ value: Double) { node.set(CanonicalScalar.real(value)) }
    func encode(_ value: Float) { node.set(CanonicalScalar.real(Double(value))) }
    func encode(_ value: Int) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: Int8) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: Int16) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: Int32) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: Int64) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: UInt) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: UInt8) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: UInt16) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: UInt32) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: UInt64) { node.set(CanonicalScalar.integer(value)) }
    func encode(_ value: some Encodable) throws { try value.encode(to: CanonicalTextEncoder(node: node)) }
}
