"""Pictures of 6 x 4 pixels whose files say how the camera was held, and what Pillow makes of them.

python3 orientation.py, beside orientation.json; Pillow 12 or later.
"""

import base64
import io
import json
import os

import PIL
from PIL import Image, ImageOps

width, height = 6, 4
picture = Image.new("RGB", (width, height))
for y in range(height):
    for x in range(width):
        picture.putpixel((x, y), (40 * x, 60 * y, 20 * x + 15 * y))

files = []
for kind, options in (("JPEG", dict(quality=95, subsampling=0)), ("PNG", {})):
    for orientation in range(0, 10):
        for order in "<>":
            exif = Image.Exif()
            exif.endian = order
            exif[0x010F] = "A camera"
            exif[0x0112] = orientation
            buffer = io.BytesIO()
            picture.save(buffer, kind, exif=exif.tobytes(), **options)
            shown = ImageOps.exif_transpose(Image.open(io.BytesIO(buffer.getvalue())))
            files.append(
                dict(
                    name=f"{kind} {orientation} {order}",
                    file=base64.b64encode(buffer.getvalue()).decode(),
                    width=shown.width,
                    height=shown.height,
                    rgb=base64.b64encode(shown.convert("RGB").tobytes()).decode(),
                    tolerance=2 if kind == "JPEG" else 0,
                )
            )
about = f"Files written by Pillow {PIL.__version__}, and the RGB bytes of ImageOps.exif_transpose, interleaved"
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "orientation.json")
with open(path, "w") as file:
    json.dump(dict(about=about, files=files), file, indent=1)
