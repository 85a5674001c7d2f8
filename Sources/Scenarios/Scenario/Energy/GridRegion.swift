/// Where electricity comes from, with its grams of CO2 equivalent per kilowatt-hour.
///
/// Countries: year 2023 of Our World in Data (Ember, Energy Institute), as codecarbon has it
/// (`global_energy_mix.json`). World: the average of the International Energy Agency's report of 2019.
public enum GridRegion: String, Sendable, CaseIterable {
    case world
    case argentina
    case australia
    case austria
    case belgium
    case brazil
    case canada
    case chile
    case china
    case colombia
    case czechia
    case denmark
    case egypt
    case finland
    case france
    case germany
    case greece
    case hungary
    case india
    case ireland
    case italy
    case japan
    case kenya
    case mexico
    case netherlands
    case newZealand = "new-zealand"
    case nigeria
    case norway
    case pakistan
    case philippines
    case poland
    case portugal
    case romania
    case singapore
    case southAfrica = "south-africa"
    case southKorea = "south-korea"
    case spain
    case sweden
    case switzerland
    case taiwan
    case thailand
    case turkey
    case unitedKingdom = "united-kingdom"
    case unitedStates = "united-states"
    case vietnam

    /// Grams of CO2 equivalent per kilowatt-hour.
    public var gramsPerKilowattHour: Double {
        switch self {
        case .world: 475
        case .argentina: 354.103
        case .australia: 548.692
        case .austria: 110.812
        case .belgium: 138.107
        case .brazil: 98.348
        case .canada: 170.043
        case .chile: 291.113
        case .china: 582.317
        case .colombia: 259.511
        case .czechia: 449.724
        case .denmark: 151.65
        case .egypt: 570.306
        case .finland: 79.158
        case .france: 56.039
        case .germany: 380.95
        case .greece: 336.574
        case .hungary: 204.19
        case .india: 713.441
        case .ireland: 290.805
        case .italy: 330.718
        case .japan: 485.392
        case .kenya: 70.492
        case .mexico: 507.245
        case .netherlands: 267.622
        case .newZealand: 112.758
        case .nigeria: 523.247
        case .norway: 30.08
        case .pakistan: 440.608
        case .philippines: 610.688
        case .poland: 661.926
        case .portugal: 165.553
        case .romania: 240.583
        case .singapore: 470.783
        case .southAfrica: 707.686
        case .southKorea: 430.567
        case .spain: 174.05
        case .sweden: 40.695
        case .switzerland: 34.843
        case .taiwan: 642.378
        case .thailand: 549.583
        case .turkey: 464.586
        case .unitedKingdom: 237.589
        case .unitedStates: 369.473
        case .vietnam: 475.449
        }
    }
}
