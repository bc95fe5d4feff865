"""Pictures of products: uploaded by a form, sent by a plain Flask view."""

from __future__ import annotations

from io import BytesIO
from typing import Annotated

from demijohn import Blueprint, File, Form, Param, Problem, Response, abort, send_file
from orders.answers import Gone
from orders.catalogue import FoundProduct
from orders.database import OpenSession, find_database
from orders.models import PictureInfo, View
from orders.security import Editor
from orders.tables import ProductRow

LARGEST_PICTURE = 256 * 1024
PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp")

bp = Blueprint("pictures", __name__, url_prefix="/pictures/<sku>")


@bp.put("")
@bp.responses({404: Problem})
def keep_picture(
    picture: Annotated[File, Param(max_size=LARGEST_PICTURE, content_types=PICTURE_TYPES)],
    editor: Editor,
    product: FoundProduct,
    session: OpenSession,
    view: Form[View] = View.FRONT,
) -> PictureInfo:
    """Keep a picture of a product, in place of the one before."""
    data: bytes = picture.read()
    product.picture, product.picture_type, product.picture_view = data, picture.mimetype, view
    session.commit()
    return PictureInfo(product.sku, picture.mimetype, len(data), view)


@bp.delete("")
@bp.responses({404: Problem})
def delete_picture(editor: Editor, product: FoundProduct, session: OpenSession) -> Gone:
    """Throw the picture of a product away."""
    product.picture = product.picture_type = None
    session.commit()
    return "", 204


@bp.get("")
@bp.responses({200: "The picture.", 404: Problem})
def show_picture(sku: str) -> Response:
    """Send the picture of a product.

    A plain Flask view: nothing in it is marked, so nothing is bound.
    """
    with find_database().reading() as session:
        product = session.get(ProductRow, sku)
        if product is None or product.picture is None:
            abort(404, "There is no such picture.")
        response = send_file(BytesIO(product.picture), mimetype=product.picture_type)
    # SECURITY: the client said what it uploaded; browsers are told not to run it, whatever it is.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
