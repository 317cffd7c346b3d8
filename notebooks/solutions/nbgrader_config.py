"""For teachers who grade with nbgrader: put this file beside the folder `source`. See TEACHING.md."""

import os

c = get_config()  # noqa: F821 (nbgrader defines it)
c.CourseDirectory.course_id = "deblurring"
c.ClearSolutions.code_stub = {"python": "..."}  # its own raises, and an untouched copy has to run
os.environ["DECONVLAB_STRICT"] = "1"  # a check that is not passed raises, which costs its points
