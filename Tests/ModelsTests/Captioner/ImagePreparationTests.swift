import Foundation
import Models
import Testing

@Suite("Preparation of a captioner's images")
struct ImagePreparationTests {
    @Test("images of other sizes and proportions become transformers' pixel values", arguments: 0..<4)
    func references(index: Int) throws {
        let preparation = try CaptionerFolder(path: CaptionerFixtures.variant).preparation()
        let found = try preparation([CaptionerFixtures.image(index)])
        let expected = try FoundationFixtures.expected(CaptionerFixtures.variant).tensor(
            named: "prepared_\(index)")
        // A wrong byte would be off by 1 / 255 / 0.28 = 0.014.
        #expect(FoundationFixtures.difference(found.reshape([3, 30, 30]), expected) < 1e-6)
    }

    @Test(
        "an image of one pixel, row or column is stretched over the square",
        arguments: [(1, 1), (1, 9), (9, 1)])
    func onePixel(width: Int, height: Int) throws {
        let image = RGBImage(
            width: width, height: height,
            pixels: Array(repeating: [255, 0, 51], count: width * height).flatMap { $0 })
        let preparation = ImagePreparation(side: 5, mean: [0, 0.5, 0.1], deviation: [1, 0.5, 0.1])
        let values = try preparation([image]).floats
        #expect(values.count == 75)
        for (index, value) in values.enumerated() {
            #expect(abs(value - [1, -1, 1][index / 25]) < 1e-6)
        }
    }

    @Test("an image longer than what is resized is an error, the longest one is not")
    func longest() throws {
        let preparation = ImagePreparation(side: 4)
        func image(_ width: Int) -> RGBImage {
            RGBImage(width: width, height: 1, pixels: [UInt8](repeating: 9, count: 3 * width))
        }
        #expect(throws: CaptionerError.imageTooLong(width: 65_536, height: 1, allowed: 65_535)) {
            try preparation([image(65_536)])
        }
        #expect(try preparation([image(65_535)]).shape == [1, 3, 4, 4])
    }

    /// Reads `json` as the `preprocessor_config.json` of the checkpoint with the tokenizer, whose side is 30.
    private func read(_ json: String) throws -> ImagePreparation {
        try withTemporaryFolder { path in
            try FileManager.default.copyItem(
                atPath: "\(CaptionerFixtures.variant)/config.json", toPath: "\(path)/config.json")
            try Data(json.utf8).write(to: URL(filePath: "\(path)/preprocessor_config.json"))
            return try CaptionerFolder(path: path).preparation()
        }
    }

    @Test(
        "the images' part of processor_config.json comes before preprocessor_config.json, as in transformers 5"
    )
    func newerFile() throws {
        try withTemporaryFolder { path in
            try FileManager.default.copyItem(
                atPath: "\(CaptionerFixtures.variant)/config.json", toPath: "\(path)/config.json")
            func read(_ newer: String, _ older: String?) throws -> ImagePreparation {
                try Data(newer.utf8).write(to: URL(filePath: "\(path)/processor_config.json"))
                let url = URL(filePath: "\(path)/preprocessor_config.json")
                try? FileManager.default.removeItem(at: url)
                if let older { try Data(older.utf8).write(to: url) }
                return try CaptionerFolder(path: path).preparation()
            }
            // As `Blip2Processor.save_pretrained` of transformers 5.24 writes it.
            let newer = """
                {"image_processor": {"do_convert_rgb": true, "do_normalize": true, "do_rescale": true, \
                "do_resize": true,
                "image_mean": [0, 0.5, 1], "image_processor_type": "BlipImageProcessorPil", "image_std": [1, \
                2, 3],
                "resample": 3, "rescale_factor": 0.00392156862745098, "size": {"height": 30, "width": 30}},
                "num_query_tokens": 8, "processor_class": "Blip2Processor"}
                """
            let expected = ImagePreparation(side: 30, mean: [0, 0.5, 1], deviation: [1, 2, 3])
            #expect(try read(newer, nil) == expected)
            #expect(try read(newer, "{\"image_mean\": [9, 9, 9]}") == expected)
            // Before version 5 it had no such part.
            let older = "{\"processor_class\": \"Blip2Processor\", \"num_query_tokens\": 8}"
            #expect(try read(older, "{\"image_mean\": [9, 9, 9]}").mean == [9, 9, 9])
            let error = #expect(throws: FoundationModelError.self) {
                try read("{\"image_processor\": {\"resample\": 2}}", nil)
            }
            #expect(
                error?.description
                    == "\(path)/processor_config.json, image_processor: 'resample' is 2; allowed is 3")
        }
    }

    @Test("mean, deviation and scale are read; what is left out is CLIP's")
    func settings() throws {
        #expect(try read("{}") == ImagePreparation(side: 30))
        let read = try read(
            """
            {"size": 30, "image_mean": [0, 0.5, 1], "image_std": [1, 2, 3],
            "rescale_factor": 0.5, "do_pad": null}
            """
        )
        #expect(read == ImagePreparation(side: 30, scale: 0.5, mean: [0, 0.5, 1], deviation: [1, 2, 3]))
        #expect(try self.read("{\"do_normalize\": false}").mean == [0, 0, 0])
    }

    @Test(
        "a setting that cannot be honoured is refused by name",
        arguments: [
            ("do_resize", "false"), ("do_rescale", "false"), ("resample", "2"), ("size", "224"),
            ("size", "{\"shortest_edge\": 30}"), ("size", "{\"height\": 30, \"width\": 31}"),
            ("image_mean", "[1, 2]"), ("image_mean", "0.5"), ("image_mean", "[1, 2, \"x\"]"),
            ("image_std", "[1, 0, 1]"), ("rescale_factor", "-1"), ("do_center_crop", "true"),
            ("image_processor_type", "\"CLIPImageProcessor\""), ("do_something_new", "true"),
        ])
    func refused(key: String, value: String) throws {
        let error = #expect(throws: FoundationModelError.self) { try read("{\"\(key)\": \(value)}") }
        #expect(error.map { "\($0)".contains("preprocessor_config.json: '\(key)' is ") } == true)
    }
}
