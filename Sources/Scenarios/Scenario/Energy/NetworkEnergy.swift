/// The radio of a client, on top of what its device draws while it transfers.
///
/// Power is α · rate + β, so that a transfer takes β watts for its time and α joules for each byte: table 4
/// of Huang, Qian, Gerber, Mao, Sen and Spatscheck, *A close examination of performance and power
/// characteristics of 4G LTE networks*, MobiSys 2012.
public enum Radio: String, Sendable, CaseIterable {
    /// Wireless local network.
    case wifi
    /// UMTS.
    case umts = "3g"
    /// LTE.
    case lte = "4g"

    /// β, in watts.
    public var watts: Double {
        switch self {
        case .wifi: 0.13286
        case .umts: 0.81788
        case .lte: 1.28804
        }
    }

    /// α of what is sent, in joules per byte.
    public var uplinkJoulesPerByte: Double {
        let milliwattsPerMegabit =
            switch self {
            case .wifi: 283.17
            case .umts: 868.98
            case .lte: 438.39
            }
        return milliwattsPerMegabit * 8e-9
    }

    /// α of what is received, in joules per byte.
    public var downlinkJoulesPerByte: Double {
        let milliwattsPerMegabit =
            switch self {
            case .wifi: 137.01
            case .umts: 122.12
            case .lte: 51.97
            }
        return milliwattsPerMegabit * 8e-9
    }
}

/// Networks between clients and server whose electricity per amount of data was estimated.
public enum NetworkClass: String, Sendable, CaseIterable {
    /// Access and core of the fixed Internet in 2015: Aslan, Mayers, Koomey and France, *Electricity
    /// intensity of Internet data transmission*, Journal of Industrial Ecology 22, 2018.
    case fixed
    /// Mobile networks: ICT Impact Study for the European Commission, 2020.
    case mobile
    /// Base stations of 4G: *Base station energy use in dense urban and suburban areas*, as
    /// methodology.scope3.com/data_transfer cites it.
    case lte = "4g"
    /// Base stations of 5G, from the same source.
    case nr = "5g"

    /// Kilowatt-hours for a gigabyte.
    public var kilowattHoursPerGigabyte: Double {
        switch self {
        case .fixed: 0.06
        case .mobile: 0.14
        case .lte: 0.104
        case .nr: 0.0104
        }
    }

    /// Joules for a byte.
    public var joulesPerByte: Double { kilowattHoursPerGigabyte * 3.6e6 / 1e9 }
}
