"""The consoles of a guest: the serial port, the screen, and what was written."""

import os
import xml.etree.ElementTree as ET

from bhyve_host import FOR_GUESTS, BhyveHostCase, proves


class SerialConsoleTest(BhyveHostCase):
    pytestmark = proves(*FOR_GUESTS)

    def configure(self):
        super().configure()
        self.flags(enabled=True, group="serial_console")

    def test_the_serial_proxy_is_sent_to_the_port_beside_the_null_modem(self):
        server = self.boot()
        body = {"remote_console": {"protocol": "serial", "type": "serial"}}
        url = self.api.api_post("/servers/%s/remote-consoles" % server["id"], body).body
        url = url["remote_console"]["url"]
        assert url.startswith("ws://127.0.0.1:6083/?token="), url
        token = url.partition("token=")[2]
        found = self.admin_api.api_get("/os-console-auth-tokens/" + token).body["console"]
        serials = ET.fromstring(self.guest_of(server).describe(False, False)).findall(
            "devices/serial"
        )
        assert [serial.get("type") for serial in serials] == ["nmdm"]
        assert 'service="{}"'.format(found["port"]) in self.guest_of(server).describe(False, False)


class OutputTest(BhyveHostCase):
    pytestmark = proves(*FOR_GUESTS, "console-log")

    def test_without_a_screen_there_is_the_output_that_was_read_of_the_null_modem(self):
        server = self.boot()
        body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        answer = self.api.api_post(
            "/servers/%s/remote-consoles" % server["id"], body, check_response_status=False
        )
        assert answer.status == 400
        assert "Unavailable console type vnc" in answer.body["badRequest"]["message"]

        with open(self.file_of(server, "console.log"), "w") as log:
            log.write("Booting [/boot/kernel/kernel]...\n")
        output = self.act(server, {"os-getConsoleOutput": {}})["output"]
        assert output == "Booting [/boot/kernel/kernel]...\n"
        os.unlink(self.file_of(server, "console.log"))
        assert self.act(server, {"os-getConsoleOutput": {}})["output"] == ""
