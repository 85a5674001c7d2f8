import Foundation

extension Error {
    /// The system's own words for a failed read or write.
    var systemReason: String {
        let cause = (self as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return (cause ?? (self as NSError)).localizedDescription
    }
}
