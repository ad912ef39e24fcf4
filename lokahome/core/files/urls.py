"""Paths of uploads."""

from lokahome.core.api.viewsets import ApiRouter
from lokahome.core.files.views import UploadViewSet

router = ApiRouter()
router.register("uploads", UploadViewSet, basename="upload")
urlpatterns = router.urls
