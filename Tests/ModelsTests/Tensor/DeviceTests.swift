import Models
import Testing

@Suite("Devices")
struct DeviceTests {
    @Test("a device has one text, which gives it back")
    func texts() {
        let devices: [Torch.Device] = [.cpu, .cuda, .cuda(index: 0), .cuda(index: 1), .cuda(index: 127)]
        #expect(devices.map(\.text) == ["cpu", "cuda", "cuda:0", "cuda:1", "cuda:127"])
        for device in devices { #expect(Torch.Device(device.text) == device) }
    }

    @Test(
        "other texts are no devices",
        arguments: [
            "", "gpu", "CPU", "Cuda", "cuda:", "cuda: 1", "cuda:-1", "cuda:+1", "cuda:01", "cuda:1.0",
            "cuda:x", "cuda:128", "cuda:99999999999999999999", "cuda:1,2", "cuda1", "cpu:0", " cpu",
            "cuda:0x1", "cuda::1",
        ])
    func foreign(text: String) { #expect(Torch.Device(text) == nil) }

    @Test("a device that is not there is told with those that are")
    func sentences() {
        func sentence(_ device: Torch.Device, gpus: Int) -> String {
            "\(TorchError.noDevice(device, gpus: gpus, libtorch: "2.11.0"))"
        }
        #expect(
            sentence(.cuda, gpus: 0)
                == "device: cuda is not there: libtorch 2.11.0 sees no GPU; allowed here: cpu (docs/gpu.md: "
                + "a GPU needs NVIDIA's driver and a libtorch with CUDA)")
        #expect(
            sentence(.cuda(index: 1), gpus: 1)
                == "device: cuda:1 is not there: this machine has one GPU; allowed here: cpu, cuda, cuda:0")
        #expect(
            sentence(.cuda(index: 7), gpus: 2)
                == "device: cuda:7 is not there: this machine has 2 GPUs; allowed here: cpu, cuda, cuda:0, "
                + "cuda:1")
    }

    @Test("short memory is told without libtorch's advice about its allocator")
    func memorySentence() {
        let reason =
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 139.81 GiB of "
            + "which 1.2 GiB is free. If reserved memory is large try setting PYTORCH_CUDA_ALLOC_CONF."
        #expect(
            "\(TorchError.outOfMemory(place: "cuda:0", items: "images to draw", reason: reason))"
                == "no memory on cuda:0 for one of the images to draw: CUDA out of memory. Tried to allocate "
                + "2.00 GiB")
        #expect(
            "\(TorchError.outOfMemory(place: "cpu", items: nil, reason: "too large"))"
                == "no memory on cpu: too large")
    }

    @Test("fp16 is for GPUs, and the processor computes in the others")
    func precisions() {
        #expect(SynthesisPrecision.allCases.filter { $0.isAvailable(on: .cpu) } == [.float32, .bfloat16])
        #expect(SynthesisPrecision.allCases.allSatisfy { $0.isAvailable(on: .cuda(index: 3)) })
    }

    @Test("the checks of a device find the processor equal to itself")
    func checks() throws {
        Torch.prepareThread()
        for check in try DeviceCheck.all(folders: [PipelineReferenceTests.folder("sd-turbo")]) {
            #expect(check.isRight, "\(check)")
            if !check.name.contains("beside") { #expect(check.difference == 0, "\(check)") }
        }
    }
}
