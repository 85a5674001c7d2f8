import base64, io, json, struct, zlib
import numpy as np
from PIL import Image
out = "/work/main/Tests/ModelsTests/Data/Fixtures/"
b64 = lambda b: base64.b64encode(bytes(b)).decode()

def source(w, h):
    y, x, c = np.meshgrid(np.arange(h), np.arange(w), np.arange(3), indexing="ij")
    return ((5 * x + 3 * y + 40 * c + (x * x * (y + c)) % 17 * 6) % 256).astype(np.uint8)

def square(img, s):
    w, h = img.size
    short = min(w, h)
    img = img.resize((s * w // short, s * h // short), Image.BILINEAR)
    w, h = img.size
    t, l = int(round((h - s) / 2.0)), int(round((w - s) / 2.0))
    return np.asarray(img.crop((l, t, l + s, t + s))).transpose(2, 0, 1)

cases = []
for w, h, s in [(32, 32, 16), (50, 37, 16), (37, 50, 16), (10, 7, 16), (100, 100, 32), (200, 33, 32), (33, 200, 32),
                (64, 64, 63), (3, 3, 5), (1, 9, 4), (300, 201, 8), (16, 16, 16), (31, 33, 8), (2, 2, 1)]:
    e = square(Image.fromarray(source(w, h)), s)
    cases.append(dict(width=w, height=h, side=s, planar=b64(e.tobytes())))
json.dump(dict(about="Pillow 13.0.0: resize(BILINEAR) of the shorter side, centre crop as torchvision; source pixel (x, y, c) = (5x + 3y + 40c + 6 ((x x (y + c)) mod 17)) mod 256", cases=cases), open(out + "resize.json", "w"), indent=1)

files = []
def add(name, data, rgb, tolerance):
    rgb = np.asarray(rgb, dtype=np.uint8)
    files.append(dict(name=name, file=b64(data), width=rgb.shape[1], height=rgb.shape[0], rgb=b64(rgb.tobytes()), tolerance=tolerance))
def save(img, **kw):
    f = io.BytesIO(); img.save(f, **kw); return f.getvalue()
def pil(data): return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
y, x = np.mgrid[0:13, 0:19]
smooth = np.stack([x * 12, y * 18, (x + y) * 7], -1).astype(np.uint8)
rgb = Image.fromarray(smooth)
for n, i, kw in [("JPEG, 4:2:0", rgb, dict(quality=85)), ("JPEG, 4:4:4, progressive", rgb, dict(quality=90, subsampling=0, progressive=True)),
                 ("JPEG, gray", rgb.convert("L"), dict(quality=90)), ("JPEG, four inks, Adobe", rgb.convert("CMYK"), dict(quality=90))]:
    d = save(i, format="JPEG", **kw); add(n, d, pil(d), 2)
d = save(rgb.convert("CMYK"), format="JPEG", quality=90)
k = d.index(b"\xff\xee"); n = struct.unpack(">H", d[k + 2:k + 4])[0]
d = d[:k] + d[k + 2 + n:]; add("JPEG, four inks, no Adobe marker", d, pil(d), 2)
d = save(rgb, format="PNG"); add("PNG, true colour", d, smooth, 0)
alpha = Image.fromarray(np.dstack([smooth, (x * 13).astype(np.uint8)])); d = save(alpha, format="PNG"); add("PNG, alpha", d, smooth, 0)
pal = rgb.quantize(16); d = save(pal, format="PNG"); add("PNG, palette", d, np.asarray(pal.convert("RGB")), 0)
d = save(pal, format="PNG", transparency=3); add("PNG, palette with a transparent entry", d, np.asarray(pal.convert("RGB")), 0)
g = rgb.convert("L"); d = save(g, format="PNG"); add("PNG, gray", d, pil(d), 0)
d = save(Image.merge("LA", (g, g)), format="PNG"); add("PNG, gray and alpha", d, pil(save(g, format="PNG")), 0)
o = g.convert("1"); d = save(o, format="PNG"); add("PNG, one bit", d, np.asarray(o.convert("RGB")), 0)
def png(bits, color, arr, interlace=0):
    raw = b"".join(b"\0" + r.astype(">u2").tobytes() for r in arr)
    ch = lambda t, b: struct.pack(">I", len(b)) + t + b + struct.pack(">I", zlib.crc32(t + b))
    return b"\x89PNG\r\n\x1a\n" + ch(b"IHDR", struct.pack(">IIBBBBB", arr.shape[1], arr.shape[0], bits, color, 0, 0, interlace)) + ch(b"IDAT", zlib.compress(raw, 9)) + ch(b"IEND", b"")
wide = smooth.astype(np.uint16) * 256 + 77
add("PNG, 16 bits", png(16, 2, wide.reshape(13, 19, 3)), smooth, 0)
add("PNG, 16 bits gray", png(16, 0, wide[:, :, 0]), np.repeat(smooth[:, :, :1], 3, 2), 0)
json.dump(dict(about="Files written by Pillow 13.0.0 (16 bits: by hand) and the RGB bytes Pillow reads from them, interleaved", files=files), open(out + "codec.json", "w"), indent=1)
