/// What the reader of a data set collects beside the images.
struct ReadingReport {
    /// Files that could not be decoded.
    var skipped = SkippedFiles()
    /// Files that were not looked into.
    var leftOut = LeftOutFiles()
    /// Everything else that is to be said.
    var notices: [DataNotice] = []

    /// What is loaded, with everything that is to be said about it.
    func loaded(train: ImageSet, test: ImageSet) -> LoadedImages {
        let unreadable = skipped.count > 0 ? [DataNotice.skipped(skipped)] : []
        return LoadedImages(
            train: train, test: test, skipped: skipped, leftOut: leftOut,
            notices: unreadable + notices + leftOut.notices)
    }
}
