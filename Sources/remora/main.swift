import RemoraCLI

await Remora.launch()
