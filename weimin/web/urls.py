"""Every address of the screens. docs/access.md says who may open which, and a test walks it."""

from django.urls import path

from weimin.web import files, leader, login, papers, styleguide
from weimin.web.admin import views as admin
from weimin.web.api.router import api
from weimin.web.desk import case, dossiers, intake, lists
from weimin.web.portal import kept
from weimin.web.portal import views as portal

handler404 = "weimin.web.failures.not_found"
handler403 = "weimin.web.failures.forbidden"
handler500 = "weimin.web.failures.server_error"

urlpatterns = [
    # 办事大厅
    path("", portal.home, name="portal"),
    path("items/<str:code>", portal.guide, name="guide"),
    path("items/<str:code>/apply", portal.apply, name="apply"),
    path("applied/<str:number>", portal.applied, name="applied"),
    path("mine", portal.mine, name="mine"),
    path("mine/information.json", kept.download, name="mine-kept"),
    path("mine/<str:number>", portal.one, name="mine-one"),
    path("mine/<str:number>/do/<str:verb>", portal.do, name="mine-do"),
    path("mine/<str:number>/rate", portal.rate_contact, name="rate"),
    path("follow", portal.follow, name="follow"),
    path("check/receipt", portal.check_receipt, name="check-receipt"),
    path("check/certificate", portal.check_certificate, name="check-certificate"),
    # 登录
    path("sign-in", login.sign_in, name="sign-in"),
    path("sign-out", login.sign_out, name="sign-out"),
    path("login", login.staff_sign_in, name="staff-sign-in"),
    path("start", login.start, name="start"),
    path("switch", login.switch, name="switch"),
    path("elder", login.elder, name="elder"),
    # 工作台
    path("desk", lists.desk, name="desk"),
    path("desk/search", lists.search, name="search"),
    path("desk/calls", lists.calls, name="calls"),
    path("desk/excel", lists.excel, name="excel"),
    path("desk/batch", lists.batch, name="batch"),
    path("desk/intake", intake.find_item, name="intake-find"),
    path("desk/intake/<str:code>", intake.intake, name="intake"),
    path("desk/areas", intake.areas, name="areas"),
    path("desk/received/<str:number>", intake.received, name="received"),
    path("desk/cases/<str:number>", case.case, name="case"),
    path("desk/cases/<str:number>/do/<str:verb>", case.act, name="act"),
    path("desk/cases/<str:number>/reveal/<int:person>", case.reveal, name="reveal"),
    path("desk/cases/<str:number>/dossier.zip", dossiers.one, name="dossier"),
    path("desk/dossiers", dossiers.years, name="dossiers"),
    path("desk/dossiers/<int:year>.zip", dossiers.year, name="dossiers-year"),
    path("papers/<str:number>/<str:form>.pdf", papers.paper, name="paper"),
    path("files/<int:file>", files.show, name="file"),
    # 今日
    path("today", leader.today, name="today"),
    path("today/cases/<str:kind>", leader.cases, name="today-cases"),
    path("today/offices/<int:office>", leader.office, name="today-office"),
    # 管理
    path("admin", admin.home, name="admin"),
    path("admin/packs", admin.packs, name="admin-packs"),
    path("admin/offices", admin.offices, name="admin-offices"),
    path("admin/delegations", admin.delegations, name="admin-delegations"),
    path("admin/calendar", admin.calendar, name="admin-calendar"),
    path("admin/deliveries", admin.deliveries, name="admin-deliveries"),
    path("admin/deliveries/<int:message>/again", admin.send_again, name="admin-send-again"),
    path("admin/now", admin.now, name="admin-now"),
    path("admin/people", admin.people, name="admin-people"),
    path("admin/audit", admin.audit, name="admin-audit"),
    # 接口与样式
    path("api/v1/", api.urls),
    path("styleguide", styleguide.show, name="styleguide"),
]
