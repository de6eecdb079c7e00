document.title = "OpenVTAP";
