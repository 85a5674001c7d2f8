"""Timesteps and noise levels of diffusers' schedulers, for every combination of what a scheduler's file may say.

    python schedules.py schedules.json.gz

`cases` has a combination each: class "c", positions of its keys' values among the choices "k", whether Runge-Kutta's steps
are skipped "w", steps "n", number of timesteps "t", sums of timesteps, noise levels and the initial scale "s", and a few
timesteps with their noise levels "p". `walks` has samples that diffusers leads through a made-up network, with made-up noise
where a scheduler draws some.
Made with diffusers 0.42, numpy 2.4, torch 2.13.
"""
import gzip, itertools, json, math, sys

import torch
from diffusers import (DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler, EulerAncestralDiscreteScheduler,
                       EulerDiscreteScheduler, HeunDiscreteScheduler, LCMScheduler, PNDMScheduler, UniPCMultistepScheduler)

CLASSES = [DDIMScheduler, EulerDiscreteScheduler, DPMSolverMultistepScheduler, PNDMScheduler,
           EulerAncestralDiscreteScheduler, HeunDiscreteScheduler, UniPCMultistepScheduler, DDPMScheduler, LCMScheduler]
# None: the key is absent.
CHOICES = {
    "timestep_spacing": [None, "leading", "trailing", "linspace"],
    "beta_schedule": ["scaled_linear", "linear", "squaredcos_cap_v2"],
    "use_karras_sigmas": [None, True],
    "steps_offset": [None, 1],
    "prediction_type": [None, "v_prediction"],
    "sigma_max": [None, 60],
}
BETAS = {"scaled_linear": (0.00085, 0.012), "linear": (0.0001, 0.02), "squaredcos_cap_v2": (0.0001, 0.02)}
# Of the first four classes; the others share their arithmetic.
STEPS = [1, 2, 3, 4, 5, 7, 10, 13, 15, 20, 25, 26, 27, 28, 30, 31, 35, 40, 43, 46, 47, 48, 50, 61, 75, 100, 103, 250, 999]

FEWER_STEPS = [1, 2, 3, 4, 7, 10, 20, 26, 31, 50, 61, 999]


def plan(kind, config, steps):
    scheduler = kind.from_config({"_class_name": kind.__name__, **config})
    scheduler.set_timesteps(steps)
    timesteps = [float(t) for t in scheduler.timesteps]
    sigmas = [float(s) for s in scheduler.sigmas] if hasattr(scheduler, "sigmas") else []
    return timesteps, sigmas, float(scheduler.init_noise_sigma)


# What else a file may say, with the class that takes notice.
WALKS = [(3, {}), (3, {"skip_prk_steps": True}), (3, {"timestep_spacing": "trailing", "steps_offset": 1}),
         (3, {"set_alpha_to_one": True}), (3, {"prediction_type": "v_prediction"}), (0, {}), (0, {"clip_sample": False}),
         (0, {"clip_sample_range": 0.5}), (0, {"prediction_type": "sample"}), (0, {"set_alpha_to_one": False}),
         (0, {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}),
         (0, {"trained_betas": [0.001 + 0.0001 * i for i in range(100)], "num_train_timesteps": 100}),
         (1, {}), (1, {"prediction_type": "sample"}), (1, {"final_sigmas_type": "sigma_min"}),
         (1, {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}),
         (1, {"use_karras_sigmas": True, "timestep_spacing": "trailing"}), (2, {}), (2, {"solver_type": "heun"}),
         (2, {"solver_type": "bh2"}), (2, {"solver_order": 1}), (2, {"prediction_type": "sample"}),
         (2, {"final_sigmas_type": "sigma_min"}), (2, {"final_sigmas_type": "sigma_min", "lower_order_final": False}),
         (2, {"euler_at_final": True, "final_sigmas_type": "sigma_min", "lower_order_final": False}),
         (2, {"lambda_min_clipped": -5.1, "beta_schedule": "squaredcos_cap_v2"}),
         (2, {"lambda_min_clipped": -2.0, "timestep_spacing": "trailing"}),
         (2, {"use_karras_sigmas": True, "solver_type": "heun"}), (2, {"lower_order_final": False}),
         (2, {"solver_order": 3}), (2, {"solver_order": 3, "lower_order_final": False, "final_sigmas_type": "sigma_min"}),
         (2, {"algorithm_type": "sde-dpmsolver++"}), (2, {"algorithm_type": "sde-dpmsolver++", "solver_type": "heun"}),
         (2, {"algorithm_type": "sde-dpmsolver++", "solver_order": 1}), (2, {"algorithm_type": "sde-dpmsolver++", "solver_order": 3}),
         (2, {"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True, "prediction_type": "v_prediction"}),
         (2, {"algorithm_type": "sde-dpmsolver++", "final_sigmas_type": "sigma_min", "solver_type": "heun"}),
         (4, {}), (4, {"prediction_type": "v_prediction"}), (4, {"timestep_spacing": "leading", "steps_offset": 1}),
         (4, {"use_karras_sigmas": True, "timestep_spacing": "trailing"}),
         (4, {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}),
         (5, {}), (5, {"use_karras_sigmas": True}), (5, {"prediction_type": "v_prediction"}), (5, {"prediction_type": "sample"}),
         (5, {"clip_sample": True}), (5, {"clip_sample": True, "clip_sample_range": 0.3, "timestep_spacing": "trailing"}),
         (5, {"timestep_spacing": "leading", "steps_offset": 1, "beta_schedule": "squaredcos_cap_v2"}),
         (6, {}), (6, {"solver_order": 1}), (6, {"solver_order": 3}), (6, {"solver_type": "midpoint"}),
         (6, {"solver_type": "bh1", "final_sigmas_type": "sigma_min"}),
         (6, {"solver_type": "bh1", "solver_order": 3, "final_sigmas_type": "sigma_min"}),
         (6, {"predict_x0": False, "final_sigmas_type": "sigma_min"}),
         (6, {"predict_x0": False, "final_sigmas_type": "sigma_min", "prediction_type": "v_prediction", "solver_order": 3}),
         (6, {"predict_x0": False, "final_sigmas_type": "sigma_min", "prediction_type": "sample", "lower_order_final": False}),
         (6, {"disable_corrector": [0, 2]}), (6, {"disable_corrector": [1], "solver_order": 3}),
         (6, {"prediction_type": "v_prediction"}), (6, {"prediction_type": "sample"}), (6, {"use_karras_sigmas": True}),
         (6, {"use_karras_sigmas": True, "final_sigmas_type": "sigma_min"}), (6, {"lower_order_final": False, "final_sigmas_type": "sigma_min"}),
         (6, {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}),
         (7, {}), (7, {"clip_sample": False}), (7, {"clip_sample_range": 0.5, "variance_type": "fixed_large"}),
         (7, {"variance_type": "fixed_small_log", "clip_sample": False}), (7, {"variance_type": "fixed_large", "clip_sample": False}),
         (7, {"prediction_type": "v_prediction"}), (7, {"prediction_type": "sample"}), (7, {"timestep_spacing": "trailing"}),
         (7, {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}),
         (8, {}), (8, {"original_inference_steps": 30}), (8, {"timestep_scaling": 0.01}), (8, {"clip_sample": True}),
         (8, {"prediction_type": "v_prediction"}), (8, {"prediction_type": "sample"}), (8, {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}),
         (8, {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"})]


def walk(kind, config, steps):
    """A sample of four numbers from 1, 0.5, -0.5, -1 on, where the network answers sin(3 x + call) / 2 and the noise of a call
    is cos(1.3 place + 0.7 call)."""
    call = 0
    sys.modules[kind.__module__].randn_tensor = lambda *_, **__: torch.tensor(
        [math.cos(1.3 * place + 0.7 * call) for place in range(4)], dtype=torch.float32).reshape(1, 1, 2, 2)
    scheduler = kind.from_config({"_class_name": kind.__name__, **config})
    scheduler.set_timesteps(steps)
    sample = torch.tensor([1, 0.5, -0.5, -1], dtype=torch.float32).reshape(1, 1, 2, 2) * scheduler.init_noise_sigma
    for call, t in enumerate(scheduler.timesteps):
        answer = torch.sin(3 * scheduler.scale_model_input(sample, t) + call) / 2
        sample = scheduler.step(answer, t, sample).prev_sample
    return [float(f"{x:.7g}") for x in sample.flatten().tolist()]


def main(path):
    cases = []
    for number, kind in enumerate(CLASSES):
        for picks in itertools.product(*(range(len(values)) for values in CHOICES.values())):
            config = {key: values[pick] for (key, values), pick in zip(CHOICES.items(), picks) if values[pick] is not None}
            # Three classes take no notice of Karras' levels.
            if "use_karras_sigmas" in config and number in (4, 7, 8):
                continue
            # Karras' bounds mean nothing without Karras.
            if "sigma_max" in config:
                if "use_karras_sigmas" not in config:
                    continue
                config["sigma_min"] = 0.03
            config["beta_start"], config["beta_end"] = BETAS[config["beta_schedule"]]
            if kind is PNDMScheduler:
                # Both ways of PNDM.
                ways = [True, None]
            else:
                ways = [None]
            for way in ways:
                if way is not None:
                    config["skip_prk_steps"] = way
                elif "skip_prk_steps" in config:
                    del config["skip_prk_steps"]
                for steps in STEPS if number < 4 else FEWER_STEPS:
                    try:
                        timesteps, sigmas, scale = plan(kind, config, steps)
                    except ValueError:
                        continue
                    places = sorted({0, 1, len(timesteps) // 2, len(timesteps) - 2, len(timesteps) - 1} & set(range(len(timesteps))))
                    cases.append({
                        "c": number, "k": list(picks), "w": 1 if way else 0, "n": steps, "t": len(timesteps),
                        # Sums tell where none of the places does.
                        "s": [round(sum(timesteps), 3), float(f"{sum(sigmas):.6g}"), float(f"{scale:.6g}")],
                        "p": [[round(timesteps[i], 3)] + ([float(f"{sigmas[i]:.6g}")] if sigmas else []) for i in places],
                    })
    keys = {key: values for key, values in CHOICES.items()}
    walks = [{"c": number, "file": config, "n": steps, "x": walk(CLASSES[number], config, steps)}
             for number, config in WALKS for steps in (4, 7, 20)]
    text = json.dumps({"walks": walks, "classes": [c.__name__ for c in CLASSES], "choices": keys, "betas": BETAS, "cases": cases},
                      separators=(",", ":"))
    with open(path, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0) as out:
        out.write(text.encode())
    print(len(cases), "combinations")


main(sys.argv[1])
